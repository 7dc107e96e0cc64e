/** Loads the library with all views, from this extension's own folder, once in a page. */

import { PageConfig, URLExt } from "@jupyterlab/coreutils";

import { codes, moduleSlot, type Module } from "../src/module_cache";

declare const VIEWS_DIGEST: string;

const own = moduleSlot();
let fetched: Promise<Module> | undefined;

/** Fetches the views at the first call; rejects if the server does not have them. */
export function views(): Promise<Module> {
  const extensions = PageConfig.getOption("fullLabextensionsUrl");
  const file = URLExt.join(extensions, "jupyter-claude", "static", "widget.js");
  fetched ??= own.load(`${new URL(file, document.baseURI).href}?v=${VIEWS_DIGEST}`);
  fetched.catch(() => (fetched = undefined)); // the next turn tries again
  // A kernel may have sent the code, even if the server does not have it.
  return Promise.race([own.module, fetched]);
}

/** Offers the views to widgets of the same version, which then ask no kernel for them. */
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
