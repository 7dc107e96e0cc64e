/**
 * The page in which VS Code shows all outputs of a notebook, as its Jupyter extension fills it: its
 * own widget manager, and a kernel connection without a server. The page's parent is VS Code itself
 * (`host.js`): it runs the cells, and passes on what the kernel sends. Their messages are below.
 */

import { ServerConnection } from "@jupyterlab/services";
import { KernelConnection } from "@jupyterlab/services/lib/kernel/default";
import type { Kernel } from "@jupyterlab/services";

interface Start {
  readonly type: "start";
  readonly clientId: string;
  readonly kernel: Kernel.IModel;
}
/** A frame of the kernel's. */
interface Frame {
  readonly type: "frame";
  readonly data: string | ArrayBuffer;
}
/** All outputs of one cell, each by its MIME types. */
interface Show {
  readonly type: "show";
  readonly cell: number;
  readonly outputs: readonly Readonly<Record<string, unknown>>[];
  /** The widgets that the kernel has. */
  readonly live: readonly string[];
}
type FromHost = Start | Frame | Show;

interface View {
  readonly model_id: string;
}
interface Manager {
  has_model: (id: string) => boolean;
  get_model: (id: string) => Promise<unknown>;
  create_view: (model: unknown, options: object) => Promise<unknown>;
  display_view: (data: unknown, view: unknown, options: object) => Promise<unknown>;
}
interface Scripts {
  readonly widgetsRegisteredInRequireJs: Set<string>;
  readonly loadWidgetScript: (name: string) => Promise<void>;
  readonly successHandler: () => void;
  readonly errorHandler: (...what: unknown[]) => void;
}
declare global {
  interface Window {
    requirejs: { config: (settings: object) => void };
    vscIPyWidgets8: { load: () => void };
    vscIPyWidgets: {
      WidgetManager: new (
        kernel: Kernel.IKernelConnection,
        container: HTMLElement | undefined,
        scripts: Scripts,
        log: (text: string) => void,
      ) => Manager;
    };
  }
}

const WIDGET = "application/vnd.jupyter.widget-view+json";
const host = window.parent;

/** What the kernel connection takes for its socket. */
class Line {
  static line: Line | undefined;
  readonly protocol = "";
  readonly readyState = 1;
  binaryType = "arraybuffer";
  onopen: () => void = () => undefined;
  onmessage: (event: { data: string | ArrayBuffer }) => void = () => undefined;

  constructor() {
    Line.line = this;
    setTimeout(() => {
      this.onopen();
    });
  }

  send(data: string | ArrayBuffer): void {
    host.postMessage({ type: "frame", data }, "*");
  }

  close(): void {
    Line.line = undefined;
  }
}

let manager: Manager | undefined;
const shown = new Map<number, Show>();

function start({ clientId, kernel }: Start): void {
  window.vscIPyWidgets8.load();
  const connection = new KernelConnection({
    serverSettings: ServerConnection.makeSettings({
      WebSocket: Line as unknown as typeof WebSocket,
      wsUrl: "ws://webview.invalid/",
    }),
    clientId,
    handleComms: true,
    model: kernel,
  });
  const registered = new Set<string>();
  manager = new window.vscIPyWidgets.WidgetManager(
    connection,
    undefined,
    {
      widgetsRegisteredInRequireJs: registered,
      // VS Code copies the file from share/jupyter/nbextensions, or takes it from a CDN.
      loadWidgetScript: (name) => {
        window.requirejs.config({ paths: { [name]: `/nbextensions/${name}/index` } });
        registered.add(name);
        return Promise.resolve();
      },
      successHandler: () => undefined,
      errorHandler: (...what) => {
        console.error("could not load", ...what);
      },
    },
    () => undefined,
  );
}

/** Shows a widget. VS Code hears keys in it, since some libraries' buttons are none. */
async function showWidget(view: View, element: HTMLElement): Promise<void> {
  if (!manager) return;
  const box = element.appendChild(document.createElement("div"));
  box.className = "cell-output-ipywidget-background";
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Interactive widget output");
  while (!manager.has_model(view.model_id)) {
    await new Promise((handled) => setTimeout(handled, 10)); // the messages before this one
  }
  const model = await manager.get_model(view.model_id);
  await manager.display_view(view, await manager.create_view(model, { el: box }), { node: box });
  setTimeout(() => {
    for (const button of box.querySelectorAll<HTMLElement>("button:not([tabindex])")) {
      button.tabIndex = 0;
      button.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        button.click();
      });
    }
  }, 500);
}

/** Shows the first form that VS Code can show. */
function showOutput(data: Show["outputs"][number], live: Show["live"], element: HTMLElement): void {
  const view = data[WIDGET] as View | undefined;
  if (view && live.includes(view.model_id)) {
    void showWidget(view, element);
  } else if (typeof data["text/html"] === "string") {
    element.innerHTML = data["text/html"];
  } else {
    element.style.whiteSpace = "pre-wrap";
    element.textContent = String(data["text/markdown"] ?? data["text/plain"]);
  }
}

/** Shows a cell's outputs, but leaves those as they are that did not change. */
function show(wanted: Show): void {
  const { cell, outputs, live } = wanted;
  const before = shown.get(cell)?.outputs ?? [];
  shown.set(cell, wanted);
  let element = document.getElementById(`cell-${cell}`);
  if (!element) {
    element = document.body.appendChild(document.createElement("div"));
    element.id = `cell-${cell}`;
    element.className = "output_container";
  }
  outputs.forEach((data, index) => {
    const old = element.children[index];
    if (old && JSON.stringify(before[index]) === JSON.stringify(data)) return;
    const made = document.createElement("div");
    made.className = "output";
    if (old) old.replaceWith(made);
    else element.append(made);
    showOutput(data, live, made);
  });
  for (const left of [...element.children].slice(outputs.length)) left.remove();
}

window.addEventListener("message", ({ data: message }: MessageEvent<FromHost>) => {
  if (message.type === "start") start(message);
  else if (message.type === "frame") Line.line?.onmessage({ data: message.data });
  else show(message);
});
host.postMessage({ type: "ready" }, "*");
