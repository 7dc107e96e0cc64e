/** Fails if a string of the page loses its values, or ignores the language of the page. */

import { Gettext } from "@jupyterlab/translation/lib/gettext";
import { afterEach, describe, expect, it } from "vitest";

import { timeOf } from "../src/dates";
import { trans, translateBy, translatedName, type Translator } from "../src/trans";

const page = globalThis as {
  jupyterClaudeTranslator?: Translator;
  jupyterClaudeLanguage?: () => string | undefined;
};

/** JupyterLab's translator, with a language pack's file or without. */
function jupyterLab(pack?: Record<string, string[]>): Gettext {
  const domain = "jupyter_claude";
  const bundle = new Gettext({ domain, locale: pack ? "de-DE" : "en" });
  const head = { domain, language: "de-DE", pluralForms: "nplurals=2; plural=(n != 1);" };
  if (pack) bundle.loadJSON({ "": head, ...pack }, domain);
  return bundle;
}

afterEach(() => {
  delete page.jupyterClaudeTranslator;
  delete page.jupyterClaudeLanguage;
});

describe.each([
  ["without a translator", undefined],
  ["with JupyterLab's translator", jupyterLab()],
])("an English page %s", (_name, translator) => {
  const start = (): void => {
    if (translator !== undefined) translateBy(translator);
  };

  it("puts the values in their places", () => {
    start();
    expect(trans.__("Edit %1?", "a.py")).toBe("Edit a.py?");
    expect(trans.__("%2 of %1", 3, 1)).toBe("1 of 3");
    expect(trans.__("%1% context", 10)).toBe("10% context");
    expect(trans.__("Run %claude panel again.")).toBe("Run %claude panel again.");
  });

  it("does not change a value", () => {
    start();
    expect(trans.__("%1 and %2", "%2", "b")).toBe("%2 and b");
    expect(trans.__("Run %1?", "printf '%% %%1 $&'")).toBe("Run printf '%% %%1 $&'?");
  });

  it("counts", () => {
    start();
    expect(trans._n("%1 file", "%1 files", 1)).toBe("1 file");
    expect(trans._n("a file of %2", "%1 files of %2", 6, "%% 1")).toBe("6 files of %% 1");
    expect(trans._n("a file of %2", "%1 files of %2", 1, "a folder")).toBe("a file of a folder");
  });
});

// If it fails: the name of somebody's tool is not shown as it is.
it("translates only names that the catalogue has", () => {
  expect(translatedName("Plan")).toBe("Plan");
  translateBy(jupyterLab({ Plan: ["Planen"] }));
  const names = ["Plan", "", "db: 100%% sure", "db: query"];
  expect(names.map(translatedName)).toEqual(["Planen", "", "db: 100%% sure", "db: query"]);
});

it("uses a language pack", () => {
  translateBy(
    jupyterLab({
      Deny: ["Ablehnen"],
      "%1 of %2": ["von %2: %1"],
      "%1 change": ["%1 Änderung", "%1 Änderungen"],
    }),
  );
  expect(trans.__("Deny")).toBe("Ablehnen");
  expect(trans.__("%1 of %2", "$1", "$2")).toBe("von $2: $1");
  expect(trans._n("%1 change", "%1 changes", 1)).toBe("1 Änderung");
  expect(trans._n("%1 change", "%1 changes", 3)).toBe("3 Änderungen");
  expect(trans.__("Approve")).toBe("Approve"); // the pack lacks it
});

// If it fails: a page in German has English dates, or a strange name of a language breaks lists.
it.each([
  ["de-DE", "20. Mai, "],
  ["de_DE", "20. Mai, "],
  ["fr", "20 mai, "],
  ["default", "May 20, "],
  [undefined, "May 20, "],
])("writes dates in the language %s", (code, start) => {
  translateBy(jupyterLab(), () => code);
  const shown = timeOf(new Date(2026, 4, 20, 9).toISOString(), new Date(2026, 4, 21));
  expect(shown.startsWith(start), shown).toBe(true);
});
