/** What users can set, in the settings editor under "Claude": `schema/commands.json`. */

import type { ISettingRegistry } from "@jupyterlab/settingregistry";

const PLUGIN = "jupyter-claude:commands";

/** Calls `apply` with whether something is wanted, now and whenever that changes. */
export async function followSetting(
  registry: ISettingRegistry | null,
  name: "errorButtons" | "notifications",
  apply: (wanted: boolean) => void,
): Promise<void> {
  const settings = await registry?.load(PLUGIN).catch(() => null); // it may have no schema of ours
  if (settings == null) {
    apply(true);
    return;
  }
  const onChange = (): void => {
    apply(settings.get(name).composite !== false);
  };
  settings.changed.connect(onChange);
  onChange();
}
