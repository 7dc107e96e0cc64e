/** Files that the user chooses, pastes, or drops from the desktop or from an output. */

import { element } from "../../../src/dom";
import { host } from "../../../src/host";
import { askPanel } from "../../../src/panel/actions";
import { fromFiles, pictureFile } from "./files";

/** The class of a text field over whose panel something is dragged. */
export const DROPPING = "jc-dropping";
/** A picture that a page holds itself, in HTML that was dragged. */
const PICTURE = /^data:(image\/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/=\s]+)$/;

/** Attaches files to the draft of a panel, and says there which ones cannot be attached. */
export async function attachFiles(panel: Element, files: readonly File[]): Promise<void> {
  if (files.length > 0) askPanel(panel, "attach", await fromFiles(files));
}

/** Shows over which panel something is dragged. */
export function mark(panel: Element | null): void {
  for (const composer of document.querySelectorAll(`.${DROPPING}`))
    if (panel?.contains(composer) !== true) composer.classList.remove(DROPPING);
  panel?.querySelector(".jc-composer")?.classList.add(DROPPING);
}

export function listenToFiles(): void {
  host(
    {
      attach: {
        can: (_nothing, from) => panelAt(from) !== null,
        act: (_nothing, from) => {
          const panel = panelAt(from);
          const input = element("input", { type: "file", multiple: "" });
          input.addEventListener("change", () => {
            if (panel !== null) void attachFiles(panel, [...(input.files ?? [])]);
          });
          input.click();
        },
      },
    },
    new AbortController().signal,
  );
  // Before JupyterLab, which would open the files or put them into a notebook's cell.
  document.addEventListener("paste", paste, true);
  document.addEventListener("dragover", over, true);
  document.addEventListener("dragleave", leave, true);
  document.addEventListener("drop", drop, true);
}

const panelAt = (target: EventTarget | null): Element | null =>
  target instanceof Element ? target.closest(".jc-panel") : null;

function paste(event: ClipboardEvent): void {
  const panel = panelAt(event.target);
  const data = event.clipboardData;
  // A copied range of a spreadsheet has a picture too, but the text is what the user means.
  if (panel === null || data === null || data.types.includes("text/plain")) return;
  if (data.files.length === 0) return;
  event.preventDefault();
  event.stopPropagation();
  void attachFiles(panel, [...data.files]);
}

/** Whether files or pictures are dragged; dragged text is for the text field alone. */
const hasFiles = (data: DataTransfer | null): boolean =>
  data !== null && (data.types.includes("Files") || data.types.includes("text/uri-list"));

function over(event: DragEvent): void {
  const panel = panelAt(event.target);
  if (panel === null || !hasFiles(event.dataTransfer)) return;
  event.preventDefault();
  event.stopPropagation();
  mark(panel);
}

function leave(event: DragEvent): void {
  if (panelAt(event.target) !== null && panelAt(event.relatedTarget) === null) mark(null);
}

function drop(event: DragEvent): void {
  mark(null);
  const panel = panelAt(event.target);
  const data = event.dataTransfer;
  if (panel === null || data === null || !hasFiles(data)) return;
  const files = [...data.files];
  const dragged = files.length > 0 ? files : picturesIn(data.getData("text/html"));
  if (dragged.length === 0) return;
  event.preventDefault();
  event.stopPropagation();
  void attachFiles(panel, dragged);
}

/** The pictures in HTML, as files; only those that it holds. Nothing in the HTML is loaded. */
export function picturesIn(html: string): File[] {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return [...parsed.querySelectorAll("img")].flatMap((image) => {
    const [, type, data] = PICTURE.exec(image.getAttribute("src") ?? "") ?? [];
    if (type === undefined || data === undefined) return [];
    return [pictureFile(`output.${type.slice(6)}`, type, data)];
  });
}
