/** Shows the keys for Claude, and tells the views which keys begin a shortcut. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import { Dialog } from "@jupyterlab/apputils";
import { CommandRegistry } from "@lumino/commands";
import { Widget } from "@lumino/widgets";

import { element } from "../../src/dom";
import { host } from "../../src/host";
import { exactLine } from "../../src/text";
import { trans } from "../../src/trans";

type Pair = readonly [keys: string, does: string];

export function hostKeys(app: JupyterFrontEnd, ids: readonly string[]): void {
  const { commands } = app;
  const ours = (): Pair[] =>
    ids.flatMap((id): Pair[] => {
      const binding = commands.keyBindings.find(({ command }) => command === id);
      if (binding === undefined) return [];
      return [[CommandRegistry.formatKeystroke(binding.keys), commands.label(id)]];
    });
  host(
    {
      keys: {
        can: () => true,
        act: ({ own }, from) => {
          void show(own, ours()).then(() => {
            from.querySelector<HTMLElement>("textarea")?.focus();
          });
        },
      },
      chord: {
        can: ({ event }) => {
          const { target } = event;
          const stroke = CommandRegistry.keystrokeForKeydownEvent(event);
          return (
            target instanceof Element &&
            commands.keyBindings.some(
              ({ keys, selector }) =>
                keys.length > 1 && keys[0] === stroke && target.closest(selector) !== null,
            )
          );
        },
        act: () => undefined,
      },
    },
    new AbortController().signal,
  );
}

async function show(panel: readonly Pair[], everywhere: readonly Pair[]): Promise<void> {
  const node = element(
    "div",
    { class: "jp-ClaudeKeys", tabindex: "0", role: "region", "aria-label": trans.__("Keys") },
    element("h3", {}, trans.__("In Claude's chat")),
    list(panel),
    element("p", {}, trans.__("You can also paste or drop pictures, files and cells.")),
    element("h3", {}, trans.__("In the notebook and in the chat")),
    list(everywhere),
  );
  const dialog = new Dialog({
    title: trans.__("Keys"),
    body: new Widget({ node }),
    buttons: [Dialog.okButton({ label: trans.__("Close") })],
  });
  dialog.node.setAttribute("aria-label", trans.__("Keys")); // JupyterLab gives it no name
  await dialog.launch();
}

function list(pairs: readonly Pair[]): HTMLElement {
  return element(
    "dl",
    {},
    ...pairs.flatMap(([keys, does]) => [
      element("dt", {}, element("kbd", {}, exactLine(keys))),
      element("dd", {}, exactLine(does)),
    ]),
  );
}
