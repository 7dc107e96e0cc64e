/**
 * Draws finished turns, also those of a notebook whose kernel is gone, with the views of the library.
 *
 * Where it cannot, what else is in the output is drawn: its HTML, by JupyterLab's own renderer.
 */

import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IRenderMimeRegistry, MimeModel } from "@jupyterlab/rendermime";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { PanelLayout, Widget } from "@lumino/widgets";

import type { Saved } from "../src/saved";
import { offerViews, views } from "./views";

export const MIME = "application/vnd.jupyter-claude.turn+json";

// Before HTML, which has 50; after widgets, which come first.
const RANK = 10;

const NOTHING = "This turn was saved in a form that this version of jupyter-claude does not know.";

const textOf = (value: unknown): string =>
  Array.isArray(value) ? value.join("") : typeof value === "string" ? value : "";

/** One output: a turn, or what stands in for it. */
export class TurnRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #others: IRenderMimeRegistry;
  #saved: Saved | null = null;
  #newest: IRenderMime.IMimeModel | null = null;

  constructor(others: IRenderMimeRegistry) {
    super();
    this.#others = others;
    this.layout = new PanelLayout();
    this.addClass("jp-ClaudeTurn");
    this.node.dataset["mimeType"] = MIME; // as JupyterLab's own renderers say it
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.#newest = model;
    const data: unknown = model.data[MIME];
    const html = textOf(model.data["text/html"]);
    if (this.#saved?.update(data, html) === true) return;
    this.#saved?.close();
    this.#saved = null;
    try {
      const { openSaved } = await views();
      if (this.isDisposed || this.#newest !== model) return;
      this.#saved = openSaved(this.node, data, html);
    } catch (error) {
      console.warn("jupyter-claude: this turn cannot be drawn", error);
    }
    if (this.isDisposed || this.#newest !== model) return;
    if (this.#saved === null) await this.#renderOther(model);
    else this.#removeOther();
  }

  override dispose(): void {
    if (!this.isDisposed) this.#saved?.close();
    super.dispose();
  }

  async #renderOther({ data, metadata, trusted }: IRenderMime.IMimeModel): Promise<void> {
    const rest = Object.fromEntries(Object.entries(data).filter(([type]) => type !== MIME));
    const type = this.#others.preferredMimeType(rest, trusted ? "any" : "ensure");
    const model = new MimeModel({
      data: type === undefined ? { "text/plain": NOTHING } : rest,
      metadata,
      trusted,
    });
    const renderer = this.#others.createRenderer(type ?? "text/plain");
    this.#removeOther();
    (this.layout as PanelLayout).addWidget(renderer);
    await renderer.renderModel(model);
  }

  #removeOther(): void {
    for (const widget of [...(this.layout as PanelLayout).widgets]) widget.dispose();
  }
}

/** Registers the renderer for turns. */
export const renderer: JupyterFrontEndPlugin<void> = {
  id: "jupyter-claude:renderer",
  description: "Draws finished turns of Claude, without a kernel too.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (_app, registry: IRenderMimeRegistry) => {
    offerViews();
    registry.addFactory(
      {
        // Whoever wrote the file: the views show what is in it as text.
        safe: true,
        mimeTypes: [MIME],
        defaultRank: RANK,
        createRenderer: () => new TurnRenderer(registry),
      },
      RANK,
    );
  },
};
