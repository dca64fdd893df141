import { hashOfKey } from "../accounts.ts";
import { look } from "../advance.ts";
import type { HttpAnswer, HttpRequest } from "../http.ts";
import type { ProfileRecord } from "../profile-record.ts";
import type { Sandbox } from "../sandbox.ts";
import { deskActs } from "./desk-acts.ts";
import { type DeskVisit, deskPage } from "./desk-page.ts";
import { deskProfile, type Told } from "./desk-profile.ts";
import { deskQueue } from "./desk-queue.ts";
import { isFromSession, signedIn, signIn, signOut } from "./desk-session.ts";
import { type Form, readForm } from "./form.ts";
import { html } from "./html.ts";
import { notice, page, seeOther } from "./layout.ts";

/** The reviewer's desk: signing in and out, the queue, and a page for each profile of the account. */
export async function desk(sandbox: Sandbox, request: HttpRequest): Promise<HttpAnswer> {
  const { method, path } = request;
  const root = "../".repeat(path.split("/").length - 2);
  const session = await signedIn(sandbox, request);
  const form = method === "POST" ? await readForm(request) : null;
  if (path === "/desk/sign-in") {
    if (form) return takeSignIn(sandbox, request, form, root);
    return session ? seeOther(`${root}desk`) : signInPage(200, null, null);
  }
  if (!session) return seeOther(`${root}desk/sign-in`);
  const visit = { sandbox, session, root };
  if (method === "POST" && (!form || !isFromSession(session, form.text("csrf"))))
    return deskPage(visit, 403, {
      title: "Please try again",
      main: html`<p>This form does not belong to your session. <a href="${root}desk">Back to the queue</a></p>`,
    });
  if (path === "/desk" && !form) return deskQueue(visit);
  if (path === "/desk/sign-out" && form)
    return seeOther(`${root}desk/sign-in`, [await signOut(sandbox, request, session)]);
  const [, id] = /^\/desk\/profiles\/([^/]+)$/.exec(path) ?? [];
  const record = id === undefined ? null : await own(visit, id);
  if (!record)
    return deskPage(visit, 404, {
      title: "Not found",
      main: html`<p>Your account has nothing here. <a href="${root}desk">Back to the queue</a></p>`,
    });
  return form ? act(visit, record, form) : deskProfile(visit, record, noteOf(request));
}

/** A profile of another account is unknown, as it is to the API. */
async function own({ sandbox, session }: DeskVisit, id: string): Promise<ProfileRecord | null> {
  const record = await look(sandbox, id);
  return record?.account_id === session.account_id ? record : null;
}

async function act(visit: DeskVisit, record: ProfileRecord, form: Form): Promise<HttpAnswer> {
  const { sandbox, session, root } = visit;
  const name = form.text("act");
  const run = Object.hasOwn(deskActs, name) ? deskActs[name as keyof typeof deskActs].run : null;
  const problem = run ? await run({ sandbox, record, form, reviewer: session.reviewer }) : unknownAct;
  if (!problem) return seeOther(`${root}desk/profiles/${encodeURIComponent(record.profile_id)}?note=${name}`);
  const now = (await own(visit, record.profile_id)) ?? record;
  return deskProfile(visit, now, { status: problem.status, tone: "bad", text: problem.text, form });
}

const unknownAct = { status: 422, text: "There is no such button." };

function noteOf({ query }: HttpRequest): Told | null {
  const note = query.get("note") ?? "";
  if (!Object.hasOwn(deskActs, note)) return null;
  return { status: 200, tone: "good", text: deskActs[note as keyof typeof deskActs].done };
}

async function takeSignIn(
  sandbox: Sandbox,
  request: HttpRequest,
  form: Form,
  root: string,
): Promise<HttpAnswer> {
  const [account_id, apiKey, reviewer] = [form.text("account"), form.text("key"), form.text("reviewer")];
  if (!/^[^\s@]+@[^\s@]+$/.test(reviewer) || reviewer.length > 254)
    return signInPage(422, "Your e-mail address is needed: the history names you by it.", form);
  const key_hash = hashOfKey(apiKey);
  if (apiKey === "" || account_id === "" || !(await sandbox.authenticate(key_hash, account_id)))
    return signInPage(403, "This account and api-key are not known together.", form);
  sandbox.log({ what: "signed in at the desk", account_id });
  return seeOther(`${root}desk`, [await signIn(sandbox, request, { account_id, reviewer, key_hash })]);
}

function signInPage(status: number, problem: string | null, entered: Form | null): HttpAnswer {
  const main = html`
${problem && notice("bad", html`<p>${problem}</p>`)}
<p>For reviewers and video agents of an account of this sandbox.</p>
<form method="post" class="card">
<div class="field"><label for="account">Account <span class="hint">The <code>account-id</code> of API requests</span></label>
<input id="account" name="account" required autocomplete="username" spellcheck="false" value="${entered?.text("account")}"></div>
<div class="field"><label for="key">Api-key</label>
<input id="key" name="key" type="password" required autocomplete="current-password"></div>
<div class="field"><label for="reviewer">Your e-mail address <span class="hint">The history of a profile shows it</span></label>
<input id="reviewer" name="reviewer" type="email" required maxlength="254" autocomplete="email" value="${entered?.text("reviewer")}"></div>
<button class="main">Sign in</button>
</form>`;
  return page(status, { title: "Reviewer’s desk", main });
}
