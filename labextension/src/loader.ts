/**
 * The code that each widget brings along. It asks the kernel for the code of the views, once for
 * each page and version, and hands over to that.
 */

import { codes, moduleSlot, type Module } from "./module_cache";
import type widget from "./widget";
import type { Model } from "./model";
import { trans } from "./trans";

// A server may drop a message, so we ask again, but not for ever: the kernel may be gone. The first
// widget of a page asks at once. The others ask only if it gets no answer.
const ASK_MS = [0, 3_000, 15_000];
const SAY_MS = 1_000;

function load(model: Model, signal: AbortSignal): Promise<Module> {
  const version = String(model.get("code"));
  const known = codes.get(version);
  const code = known ?? moduleSlot();
  codes.set(version, code);
  const receive = (content: unknown): void => {
    const { type, code: text } = (content ?? {}) as { type?: unknown; code?: unknown };
    if (type === "code" && typeof text === "string") code.take(text);
  };
  model.on("msg:custom", receive);
  const timers = ASK_MS.slice(known ? 1 : 0).map((wait) =>
    setTimeout(() => {
      model.send({ type: "code" });
    }, wait),
  );
  const stop = (): void => {
    timers.forEach(clearTimeout);
    model.off("msg:custom", receive);
  };
  signal.addEventListener("abort", stop);
  return code.module.finally(stop);
}

/** One model's widget. */
export default function loader(): ReturnType<typeof widget> {
  let definition: Promise<ReturnType<typeof widget>> | undefined;
  return {
    // This must not wait: anywidget delivers messages only after it has returned.
    initialize({ model }) {
      const closing = new AbortController();
      let close: (() => void) | undefined;
      definition = load(model, closing.signal).then(({ default: make }) => {
        const made = make();
        if (!closing.signal.aborted) close = made.initialize({ model });
        return made;
      });
      return () => {
        closing.abort();
        close?.();
      };
    },
    render({ model, el }) {
      let close: (() => void) | undefined = () => undefined;
      const note = document.createElement("p");
      note.setAttribute("role", "status");
      el.append(note);
      const timer = setTimeout(() => {
        note.textContent = trans.__(
          "Claude: waiting for the kernel. It is busy with a cell, or has ended.",
        );
      }, SAY_MS);
      definition?.then(
        ({ render }) => {
          clearTimeout(timer);
          note.remove();
          if (close) close = render({ model, el });
        },
        (error: unknown) => {
          clearTimeout(timer);
          note.textContent = trans.__(
            "Claude: this view's code does not run in this browser: %1",
            String(error),
          );
        },
      );
      return () => {
        clearTimeout(timer);
        note.remove();
        close?.();
        close = undefined;
      };
    },
  };
}
