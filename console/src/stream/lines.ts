/**
 * Lines out of bytes that come in any pieces.
 *
 * Only the byte `\n` ends a line: names may hold other line breaks, such as U+2028.
 */
export class LineDecoder {
  private readonly decoder = new TextDecoder("utf-8");
  private rest = "";

  /** Take bytes; give the lines that are complete, without the empty ones. */
  feed(bytes: Uint8Array): string[] {
    const lines = (this.rest + this.decoder.decode(bytes, { stream: true })).split("\n");
    this.rest = lines.pop() ?? "";
    return lines.filter((line) => line.trim() !== "");
  }
}
