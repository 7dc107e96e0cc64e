/** The sign-in as a widget in a cell. */

import { lineOf, whenLost } from "../live";
import { mount } from "../mount";
import type { Model } from "../model";
import { SignInView } from "./view";

/** Shows the sign-in of a model of the kind "signin" in `el`, until the result is called. */
export function renderSignIn(model: Model, el: HTMLElement): () => void {
  const { root, say, close } = mount(el);
  const view = new SignInView(lineOf(model), say);
  root.prepend(view.node);
  view.hello();
  const stopWatching = whenLost(model, () => {
    view.clear();
  });
  return () => {
    stopWatching();
    view.dispose();
    close();
  };
}
