/** Shows a view of one kind, with a stand-in for the kernel. */

import type { Model } from "../src/model";
import widget from "../src/widget";

type Sent = Parameters<Model["send"]>[0];

/** Call `send` with each message of the page, and with what sends one back. */
export function mount(
  parent: HTMLElement,
  kind: string,
  send: (message: Sent, reply: (content: unknown) => void) => void,
): void {
  let receive: (content: unknown) => void = () => undefined;
  const model: Model = {
    get: () => kind,
    send(message) {
      send(message, (content) => {
        queueMicrotask(() => {
          receive(content);
        });
      });
    },
    on(name, callback) {
      if (name === "msg:custom") receive = callback;
    },
    off: () => undefined,
  };
  const { initialize, render } = widget();
  initialize({ model });
  render({ model, el: parent.appendChild(document.createElement("div")) });
}
