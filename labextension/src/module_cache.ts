/** The page's table of the views' code, by version: whoever has it first brings it for all. */

import type * as Views from "./widget";

export type Module = typeof Views;

export interface Code {
  readonly module: Promise<Module>;
  /** Takes the code as a kernel sends it. */
  readonly take: (text: string) => void;
}

const page = globalThis as { jupyterClaudeCodes?: Map<string, Code> };
export const codes = (page.jupyterClaudeCodes ??= new Map<string, Code>());

/** A place for the code of one version; `load` takes it from a server, which may not have it. */
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
