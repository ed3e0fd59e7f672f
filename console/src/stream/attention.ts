/**
 * Whether anybody looks at the page.
 *
 * A browser keeps six connections to a server that speaks HTTP/1.1, for all its windows together.
 * With a stream in each of six, no request of any would get through: so who is not looked at hangs
 * up after a while, and goes on from there once he is.
 */
import type { Audience } from "./follow.ts";

/** Milliseconds: who goes from window to window and back costs no new connection. */
const STAYS = 3_000;

export const audience: Audience = {
  gathered: (signal) =>
    new Promise((resolve) => {
      const look = () => {
        if (document.hidden && !signal.aborted) return;
        document.removeEventListener("visibilitychange", look);
        signal.removeEventListener("abort", look);
        resolve();
      };
      document.addEventListener("visibilitychange", look);
      signal.addEventListener("abort", look);
      look();
    }),

  onLeft: (call) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      clearTimeout(timer);
      timer = document.hidden ? setTimeout(call, STAYS) : undefined;
    };
    document.addEventListener("visibilitychange", look);
    look();
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
    };
  },
};
