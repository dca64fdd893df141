import type { HttpAnswer } from "../http.ts";
import type { Sandbox } from "../sandbox.ts";
import type { SignedIn } from "./desk-session.ts";
import { type Content, type Html, html } from "./html.ts";
import { page } from "./layout.ts";

/** One visit to the desk by somebody who is signed in. */
export interface DeskVisit {
  sandbox: Sandbox;
  session: SignedIn;
  /** Leads from the page's address to the sandbox's base; links are relative, as what is before is not ours to know. */
  root: string;
}

/** A page of the desk, with the way back to the queue and the way out. */
export function deskPage(
  { session, root }: DeskVisit,
  status: number,
  { title, main }: { title: string; main: Html },
): HttpAnswer {
  const bar = html`<nav aria-label="Desk"><a href="${root}desk">Queue</a></nav>
<p class="small quiet">${session.reviewer}</p>
${deskForm(session, html`<button>Sign out</button>`, `${root}desk/sign-out`)}`;
  return page(status, { title, bar, main, wide: true });
}

/** A form of this session; without `action` it goes to the page's own address. */
export const deskForm = ({ csrf }: SignedIn, content: Content, action?: string): Html =>
  html`<form method="post"${action !== undefined && html` action="${action}"`}>
<input type="hidden" name="csrf" value="${csrf}">
${content}
</form>`;
