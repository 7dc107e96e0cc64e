/** The control channel: a kernel serves it even while a synchronous cell runs. */

import { KernelMessage, type Kernel } from "@jupyterlab/services";

import type { Answer, Interrupt } from "../src/messages.generated";

// As in `jupyter_claude/_kernel/control.py`; no comm has this id.
const COMM = "jupyter_claude.control";

/** Sends a message to the session's handler there; without a handler, the kernel ignores it. */
export function sendOnControl(kernel: Kernel.IKernelConnection, data: Answer | Interrupt): void {
  const message = KernelMessage.createMessage({
    // A server lets comm messages through here; the types allow them on the shell channel only.
    msgType: "comm_msg" as "debug_request",
    channel: "control",
    session: kernel.clientId,
    username: kernel.username,
    content: { comm_id: COMM, data } as unknown as KernelMessage.IDebugRequestMsg["content"],
  });
  try {
    kernel.sendControlMessage(message).done.catch(() => undefined); // it restarted meanwhile
  } catch {
    // The kernel is dead, so the answer is lost.
  }
}
