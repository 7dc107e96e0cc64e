/**
 * The page's table of the views' code, by version. The first source of a version serves all
 * widgets.
 */

import type * as Views from "./widget";

export type Module = typeof Views;

export interface Code {
  readonly module: Promise<Module>;
  /** Takes the code as a kernel sends it. */
  readonly take: (text: string) => void;
}

const page = globalThis as { jupyterClaudeCodes?: Map<string, Code> };
export const codes = (page.jupyterClaudeCodes ??= new Map<string, Code>());

/** An empty entry for the code of one version; `load` fetches the code, and may fail. */
export function moduleSlot(): Code & { load: (url: string) => Promise<Module> } {
  let resolve: (module: Module) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const module = new Promise<Module>((...settle) => {
    [resolve, reject] = settle;
  });
  const load = async (url: string): Promise<Module> => {
    const made = (await import(/* webpackIgnore: true */ url)) as Module;
    resolve(made);
    return made;
  };
  return {
    module,
    take: (text) => {
      const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      load(url)
        .catch(reject)
        .finally(() => {
          URL.revokeObjectURL(url);
        });
    },
    load,
  };
}
