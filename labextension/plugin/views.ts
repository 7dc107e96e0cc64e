/** The library with all views: its file in this extension's own folder, evaluated once in a page. */

import { PageConfig, URLExt } from "@jupyterlab/coreutils";

import { codes, moduleSlot, type Module } from "../src/module_cache";

declare const VIEWS_DIGEST: string;

const own = moduleSlot();
let fetched: Promise<Module> | undefined;

/** The views, fetched when they are first needed; rejects where the server does not have them. */
export function views(): Promise<Module> {
  const extensions = PageConfig.getOption("fullLabextensionsUrl");
  const file = URLExt.join(extensions, "jupyter-claude", "static", "widget.js");
  fetched ??= own.load(`${new URL(file, document.baseURI).href}?v=${VIEWS_DIGEST}`);
  fetched.catch(() => (fetched = undefined)); // the next turn asks for them again
  // What the server does not have, a kernel may have brought.
  return Promise.race([own.module, fetched]);
}

/** Puts them at the disposal of the widgets of the same version, which then ask no kernel. */
export function offerViews(): void {
  codes.set(VIEWS_DIGEST, {
    get module() {
      views().catch((error: unknown) => {
        console.warn("jupyter-claude: its views are not on this server", error);
      });
      return own.module;
    },
    take: own.take,
  });
}
