import { render } from "preact";
import { probeBy } from "./api/link.ts";
import { learnWho } from "./api/session.ts";
import { App } from "./frame/App.tsx";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/parts.css";
import "./styles/frame.css";
import "./styles/views.css";

probeBy(learnWho);
// A file that is dropped beside the place for it must not take the page, and what one is at, away.
for (const kind of ["dragover", "drop"] as const) {
  addEventListener(kind, (event) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
}
const root = document.getElementById("app");
if (root !== null) {
  root.replaceChildren();
  render(<App />, root);
}
