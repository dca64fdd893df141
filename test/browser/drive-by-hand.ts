import type { Page } from "playwright-core";
import { sampleNamed } from "../../functions/sandbox/samples.ts";

/** What a person at the browser needs to know. */
export interface ByHand {
  captureLink: string;
  deskUrl: string;
  accountId: string;
  apiKey: string;
  /** How the desk's queue names the profile. */
  referenceId: string;
  /** Called at every stop, once the page is there. */
  look?: (page: Page, stop: string) => Promise<void>;
}

const REVIEWER = "reviewer@example.com";

/** The whole journey, customer and reviewer: everything is captured, one thing is sent back, then all is approved. */
export async function driveByHand(customer: Page, reviewer: Page, given: ByHand): Promise<void> {
  await captureAll(customer, given);
  await signIn(reviewer, given);
  await openFromQueue(reviewer, given);
  await seePictures(reviewer, 3);
  await askForSelfie(reviewer, given);
  await captureSelfieAgain(customer, given);
  await openFromQueue(reviewer, given);
  await approve(reviewer, given);
}

/** Uploads a file for the selfie, takes samples for the others, and is told what is missing on the way. */
export async function captureAll(page: Page, { captureLink, look }: ByHand): Promise<void> {
  await page.goto(captureLink);
  await look?.(page, "capture");
  await expectItems(page, ["Selfie", "Front of your document", "Short video of yourself"]);
  const selfie = page.getByRole("region", { name: "Selfie" });
  const buffer = sampleNamed("selfie.png");
  if (!buffer) throw new Error("the sandbox has no sample selfie");
  await selfie.getByLabel("Picture").setInputFiles({ name: "me.png", mimeType: "image/png", buffer });
  await selfie.getByRole("button", { name: "Upload" }).click();
  await page.getByRole("status").getByText("Captured.").waitFor();
  await page.getByText("1 of 3 captured").waitFor();
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("alert").getByText("You cannot finish yet").waitFor();
  await look?.(page, "capture-unfinished");
  for (const item of ["Front of your document", "Short video of yourself"])
    await page.getByRole("region", { name: item }).getByRole("button", { name: "Use a sample" }).click();
  await page.getByText("3 of 3 captured").waitFor();
  await look?.(page, "capture-all-done");
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("heading", { name: "Thank you" }).waitFor();
  await look?.(page, "capture-thanks");
}

/** The link again after a recapture was asked for: one item, and nothing else. */
export async function captureSelfieAgain(page: Page, { captureLink, look }: ByHand): Promise<void> {
  await page.goto(captureLink);
  await page.getByText("Incorrect selfie").waitFor();
  await look?.(page, "recapture");
  await expectItems(page, ["Selfie"]);
  await page.getByRole("button", { name: "Use a sample" }).click();
  await page.getByText("1 of 1 captured").waitFor();
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("heading", { name: "Thank you" }).waitFor();
}

export async function signIn(page: Page, { deskUrl, accountId, apiKey, look }: ByHand): Promise<void> {
  await page.goto(deskUrl);
  await page.getByRole("heading", { name: "Reviewer’s desk" }).waitFor();
  await look?.(page, "desk-sign-in");
  await page.getByLabel("Account").fill(accountId);
  await page.getByLabel("Api-key").fill(apiKey);
  await page.getByLabel("Your e-mail address").fill(REVIEWER);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Queue" }).waitFor();
}

/** The other way: an agent joins who is asked for, and ends the call. The reviewer is signed in. */
export async function holdCall(customer: Page, reviewer: Page, given: ByHand): Promise<void> {
  const { captureLink, deskUrl, referenceId, look } = given;
  await customer.goto(captureLink);
  await customer.getByRole("button", { name: "Talk to an agent" }).click();
  await customer.getByText("You are waiting since").waitFor();
  await customer.getByLabel("Or book a time").selectOption({ index: 0 });
  await look?.(customer, "call-waiting");
  await customer.getByRole("button", { name: "Book this time" }).click();
  await customer.getByText("Your call is booked for").waitFor();
  await look?.(customer, "call-booked");
  await reviewer.goto(deskUrl);
  await look?.(reviewer, "desk-queue-of-calls");
  await reviewer
    .getByRole("region", { name: "Video calls" })
    .getByRole("link", { name: referenceId })
    .click();
  await reviewer.getByRole("button", { name: "Join the call" }).click();
  await reviewer.getByText("You are in the call.").waitFor();
  await look?.(reviewer, "desk-in-call");
  await customer.goto(captureLink);
  await customer.getByRole("button", { name: "Hang up" }).waitFor();
  await look?.(customer, "call-in-progress");
  await reviewer.getByLabel("Remark").fill("Seen and heard.");
  await reviewer.getByRole("button", { name: "End: verified" }).click();
  await reviewer.getByText("The call has ended: verified.").waitFor();
  await look?.(reviewer, "desk-call-ended");
  await customer.goto(captureLink);
  await customer.getByRole("heading", { name: "Thank you" }).waitFor();
}

/** Waits in the queue until the profile is up for review, and opens it. */
export async function openFromQueue(page: Page, { deskUrl, referenceId, look }: ByHand): Promise<void> {
  const found = page.getByRole("region", { name: "To review" }).getByRole("link", { name: referenceId });
  await page.goto(deskUrl);
  for (let attempt = 0; attempt < 60 && !(await found.isVisible()); attempt++) {
    await page.waitForTimeout(500);
    await page.getByRole("link", { name: "Look again" }).click();
  }
  await look?.(page, "desk-queue");
  await found.click();
  await page.getByRole("heading", { name: referenceId }).waitFor();
  await page.getByText("review required").waitFor();
  await look?.(page, "desk-profile");
}

/** Throws unless the page shows so many pictures of what was captured, each loaded. */
export async function seePictures(page: Page, count: number): Promise<void> {
  await page.waitForLoadState("load");
  const widths = await page
    .getByRole("region", { name: "Captured by the customer" })
    .getByRole("img")
    .evaluateAll((images) => images.map((image) => Number(image["naturalWidth" as never])));
  if (widths.length !== count || widths.some((width) => width === 0))
    throw new Error(`expected ${count} loaded pictures, found widths ${widths.join(", ")}`);
}

export async function askForSelfie(page: Page, { look }: ByHand): Promise<void> {
  await page.getByRole("button", { name: "Ask for recapture" }).click();
  await page.getByRole("alert").getByText("Choose at least one thing").waitFor();
  await look?.(page, "desk-refusal");
  await page.getByRole("checkbox", { name: "Selfie" }).check();
  await page.getByLabel("Reason", { exact: true }).last().selectOption("Incorrect selfie");
  await page.getByLabel("Comments").fill("The face is in the shade.");
  await page.getByRole("button", { name: "Ask for recapture" }).click();
  await page.getByText("The profile is sent back to the customer.").waitFor();
  await look?.(page, "desk-sent-back");
}

export async function approve(page: Page, { look }: ByHand): Promise<void> {
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByText("The profile is approved.").waitFor();
  await look?.(page, "desk-approved");
}

async function expectItems(page: Page, expected: string[]): Promise<void> {
  const items = await page.getByRole("listitem").getByRole("heading", { level: 2 }).allInnerTexts();
  const names = items.map((text) => text.replace(/\s*(Missing|Done)$/, ""));
  if (JSON.stringify(names) !== JSON.stringify(expected))
    throw new Error(`expected the items ${expected.join(", ")}, found ${names.join(", ")}`);
}
