/** What a request came to if it was not done. */
import { t } from "../texts.ts";

const PASSING = new Set([408, 425, 429, 502, 503, 504]);
const NOBODY_HOME = new Set([502, 503, 504]);
const AWAY = "away";
const MOST_DETAIL = 1000;

/**
 * A refusal, or no answer at all.
 *
 * `code` is stable, `message` says what is wrong and what to do about it, `extra` is the whole
 * problem document. `status` is 0 where nobody answered.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Milliseconds after which to ask again, if the server says so. */
  readonly retryAfter: number;
  readonly extra: Record<string, unknown>;

  constructor(status: number, code: string, message: string, extra = {}, retryAfter = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.extra = extra;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed a little later. */
  get passes(): boolean {
    return this.code === AWAY || PASSING.has(this.status);
  }

  /** Whether nothing of Leadwire said this: what stands before it found nobody there. */
  get isOfNobody(): boolean {
    return NOBODY_HOME.has(this.status) && this.code === `http_${this.status}`;
  }

  static away(): ApiError {
    return new ApiError(0, AWAY, t.problem.away);
  }

  static notUnderstood(): ApiError {
    return new ApiError(200, "not_understood", t.problem.notLeadwire);
  }

  /** Make the error that an answer tells of, whether it is a problem document or not. */
  static async of(response: Response): Promise<ApiError> {
    const text = await response.text().catch(() => "");
    const problem = parsed(text);
    const seconds = Number(response.headers.get("Retry-After") ?? 0);
    return new ApiError(
      response.status,
      typeof problem["code"] === "string" ? problem["code"] : `http_${response.status}`,
      detail(problem) ?? t.problem.answered(response.status, response.statusText),
      problem,
      Number.isFinite(seconds) ? seconds * 1000 : 0,
    );
  }
}

/** Give what to tell of whatever was thrown. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  console.error(thrown);
  return new ApiError(0, "console_error", String(thrown));
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The problem's words, and which values are wrong. */
function detail(problem: Record<string, unknown>): string | null {
  if (typeof problem["detail"] !== "string") return null;
  const errors = Array.isArray(problem["errors"]) ? problem["errors"] : [];
  const wrong = errors.map((each) => `${each.path ?? ""}: ${each.message ?? ""}`);
  return [problem["detail"], ...wrong].join("\n").slice(0, MOST_DETAIL);
}
