/**
 * Translates the strings that views and commands show.
 *
 * `trans.__("…")` is the form that Jupyter's tools find in the source, for the catalogue of a
 * language pack. JupyterLab's translator reaches the views by `translateBy`. Without one the
 * strings stay English.
 */

/** What we use of JupyterLab's `TranslationBundle`. */
export interface Translator {
  __(text: string, ...values: (string | number)[]): string;
  _n(one: string, many: string, count: number, ...values: (string | number)[]): string;
}

/** Puts the values in the places of %1, %2 and so on. */
function filled(text: string, values: readonly (string | number)[]): string {
  return text.replace(/%(\d+)/g, (place, number: string) => {
    const value = values[Number(number) - 1];
    return value === undefined ? place : String(value);
  });
}

/** Leaves texts as they are, without values. */
export const ENGLISH: Translator = {
  __: (text) => text,
  _n: (one, many, count) => (count === 1 ? one : many),
};

// The plugin and the views are separate bundles in one page, and both need the translator.
const page = globalThis as {
  jupyterClaudeTranslator?: Translator;
  jupyterClaudeLanguage?: () => string | undefined;
};

/** Sets the translator of this page; `languageOf` returns its language, once that is known. */
export function translateBy(translator: Translator, languageOf?: () => string | undefined): void {
  page.jupyterClaudeTranslator = translator;
  if (languageOf !== undefined) page.jupyterClaudeLanguage = languageOf;
}

/**
 * The language of the texts, for dates: the user's own form of it if the browser has one, such as
 * "en-GB" for English.
 */
export function language(): string {
  const code = (page.jupyterClaudeLanguage?.() || document.documentElement.lang || "en").replaceAll(
    "_",
    "-",
  );
  try {
    const base = new Intl.Locale(code).language;
    return code === base
      ? (navigator.languages.find((other) => other.split("-")[0] === base) ?? code)
      : code;
  } catch {
    return "en"; // no language, such as "default"
  }
}

/** The places themselves as values. JupyterLab's translator would change a "%% " in a value. */
const places = (values: readonly unknown[], first: number): string[] =>
  values.map((_, index) => `%${index + first}`);

/**
 * Translates a name that the kernel sends, such as a mode's. A name that the catalogue does not
 * have stays as it is. `catalogue.mjs` has the tables of names.
 */
export const translatedName = (name: string): string =>
  name === "" || name.includes("%") ? name : (page.jupyterClaudeTranslator ?? ENGLISH).__(name);

/**
 * Call it where the string is shown, never when a module is loaded: the translator comes later.
 * `__` replaces %1 with the first value; `_n` replaces %1 with the count, and %2 with the first
 * value. A text cannot have "%%", of which JupyterLab's translator makes "%"; a value can.
 */
export const trans: Translator = {
  __: (text, ...values) =>
    filled((page.jupyterClaudeTranslator ?? ENGLISH).__(text, ...places(values, 1)), values),
  _n: (one, many, count, ...values) => {
    const translator = page.jupyterClaudeTranslator ?? ENGLISH;
    const text = translator._n(one, many, count, ...places(values, 2));
    return filled(text, [count, ...values]);
  },
};
