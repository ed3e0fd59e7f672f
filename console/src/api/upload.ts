/** Send a file, and tell how far it is: `fetch` cannot. */
import { ApiError } from "./errors.ts";
import { address, noted, type Query } from "./request.ts";
import { credentials, withToken } from "./token.ts";

export interface Upload {
  query: Query;
  headers: Record<string, string>;
  file: Blob;
  signal: AbortSignal;
  /** Told the part that was sent, from 0 to 1. */
  onSent: (part: number) => void;
}

/** @throws ApiError: It was refused, or nobody answered; `signal` ends it with `aborted`. */
export function upload<Answer>(path: string, upload: Upload): Promise<Answer> {
  return withToken((token) => sent(path, upload, token));
}

function sent<Answer>(path: string, upload: Upload, token: string | null): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address(path, upload.query));
    for (const [name, value] of Object.entries({ ...credentials(token), ...upload.headers })) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = ({ loaded, total }) =>
      upload.onSent(total > 0 ? loaded / total : 1);
    request.onerror = () => reject(ApiError.away());
    request.onabort = () => reject(new ApiError(0, "aborted", ""));
    request.onload = async () => {
      const answer = new Response(request.responseText, {
        status: request.status,
        statusText: request.statusText,
        headers: { "Retry-After": request.getResponseHeader("Retry-After") ?? "" },
      });
      if (answer.ok) resolve(answer.json().catch(() => reject(ApiError.notUnderstood())));
      else reject(noted(await ApiError.of(answer)));
    };
    upload.signal.addEventListener("abort", () => request.abort(), { once: true });
    if (upload.signal.aborted) reject(new ApiError(0, "aborted", ""));
    else request.send(upload.file);
  });
}
