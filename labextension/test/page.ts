/** What jsdom's page lacks: it has no layout, so nothing scrolls. */

Element.prototype.scrollIntoView = () => undefined;
