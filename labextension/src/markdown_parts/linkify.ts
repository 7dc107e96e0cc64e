/** What markdown-it needs of the package `linkify-it`, which we do not use: it makes one at once. */

export class LinkifyIt {
  readonly unused = true;
}
