/** The control channel, which a kernel serves while it is busy in a synchronous cell, too. */

import { KernelMessage, type Kernel } from "@jupyterlab/services";

import type { Answer } from "../src/messages.generated";

// As in `jupyter_claude/_kernel/control.py`; no comm has this id.
const COMM = "jupyter_claude.control";

/** Sends a message to the session's handler there; without one, the kernel passes over it. */
export function sendOnControl(kernel: Kernel.IKernelConnection, data: Answer): void {
  const message = KernelMessage.createMessage({
    // A message of comms, which a server lets through; the types know those of the shell only.
    msgType: "comm_msg" as "debug_request",
    channel: "control",
    session: kernel.clientId,
    username: kernel.username,
    content: { comm_id: COMM, data } as unknown as KernelMessage.IDebugRequestMsg["content"],
  });
  try {
    kernel.sendControlMessage(message).done.catch(() => undefined); // restarted meanwhile
  } catch {
    // It is dead; the answer goes nowhere.
  }
}
