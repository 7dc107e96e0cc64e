/** Reads the settings that users find under "Claude": `schema/commands.json`. */

import type { ISettingRegistry } from "@jupyterlab/settingregistry";

const PLUGIN = "jupyter-claude:commands";

/** Calls `apply` with the setting's value, now and whenever it changes. */
export async function followSetting(
  registry: ISettingRegistry | null,
  name: "errorButtons" | "notifications" | "toolbarButtons",
  apply: (wanted: boolean) => void,
): Promise<void> {
  const settings = await registry?.load(PLUGIN).catch(() => null); // our schema may be missing
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
