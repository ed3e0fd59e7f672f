/** Save what the API answers as a file. A link could not bear the token. */
import { arrived } from "../api/request.ts";

const FORGET_AFTER = 60_000;

/**
 * @param name Of the file, if the answer names none.
 * @throws ApiError: It broke off.
 */
export async function saveFile(answer: Response, name: string): Promise<void> {
  const url = URL.createObjectURL(await arrived(answer.blob()));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = nameOf(answer) ?? name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), FORGET_AFTER);
}

function nameOf(answer: Response): string | null {
  const said = answer.headers.get("Content-Disposition") ?? "";
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(said)?.[1];
  const plain = /filename="([^"]+)"/i.exec(said)?.[1];
  try {
    return encoded === undefined ? (plain ?? null) : decodeURIComponent(encoded);
  } catch {
    return plain ?? null;
  }
}
