/** -1, 0 or 1; 0 only for what is the same item. */
export type Compare<Item> = (one: Item, other: Item) => number;

const LONGEST = 512;

/**
 * Items in order, of which each can be put in or taken out without a look at all the others.
 *
 * They stand in blocks, none of them long: to find a place compares with some twenty items, however
 * many there are, and only the rest of one block moves.
 */
export class Ordered<Item> {
  length = 0;
  private readonly blocks: Item[][] = [];
  private readonly compare: Compare<Item>;

  constructor(compare: Compare<Item>) {
    this.compare = compare;
  }

  /** Put an item in; the same one, if it is there, gives way to it. */
  put(item: Item): void {
    const { block, at, found } = this.placeOf(item);
    const items = this.blocks[block];
    if (items === undefined) this.blocks.push([item]);
    else items.splice(at, found ? 1 : 0, item);
    if (!found) this.length += 1;
    if (items !== undefined && items.length > LONGEST) {
      this.blocks.splice(block + 1, 0, items.splice(LONGEST / 2));
    }
  }

  /** Take an item out, if it is there. */
  remove(item: Item): void {
    const { block, at, found } = this.placeOf(item);
    if (!found) return;
    const items = this.blocks[block] ?? [];
    items.splice(at, 1);
    this.length -= 1;
    if (items.length === 0) this.blocks.splice(block, 1);
  }

  /** Where an item stands, or -1. */
  indexOf(item: Item): number {
    const { block, at, found } = this.placeOf(item);
    if (!found) return -1;
    return this.blocks.slice(0, block).reduce((before, items) => before + items.length, at);
  }

  /** Items from one place to before another. */
  slice(from: number, to: number): Item[] {
    const found: Item[] = [];
    let before = 0;
    for (const items of this.blocks) {
      if (before >= to) break;
      const end = before + items.length;
      if (end > from) found.push(...items.slice(Math.max(0, from - before), to - before));
      before = end;
    }
    return found;
  }

  /** Where an item is, or belongs. */
  private placeOf(item: Item): { block: number; at: number; found: boolean } {
    const isAfter = (other: Item | undefined) =>
      other !== undefined && this.compare(other, item) > 0;
    const block = Math.max(0, firstWhere(this.blocks, (items) => isAfter(items[0])) - 1);
    const items = this.blocks[block] ?? [];
    const after = firstWhere(items, isAfter);
    const before = items[after - 1];
    const found = before !== undefined && this.compare(before, item) === 0;
    return { block, at: found ? after - 1 : after, found };
  }
}

/** The first place from which on something is true of all. */
function firstWhere<Item>(items: readonly Item[], isTrue: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isTrue(items[middle] as Item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
