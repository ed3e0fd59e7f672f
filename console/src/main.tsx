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
const root = document.getElementById("app");
if (root !== null) {
  root.replaceChildren();
  render(<App />, root);
}
