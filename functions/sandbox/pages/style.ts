/** The look of every page. It is part of each, so that no page needs another request; no rule names an outside thing. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #f4f6f9; --card: #fff; --ink: #17212f; --quiet: #4d5b6e; --line: #c6cfdb;
  --accent: #0a5c73; --on-accent: #fff; --good: #14603a; --good-wash: #e0f2e7;
  --bad: #9c1c1c; --bad-wash: #fbe6e4; --wait: #6e4a00; --wait-wash: #fbf0d4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #10161f; --card: #1a2330; --ink: #e8edf4; --quiet: #a9b6c8; --line: #3b485a;
    --accent: #7fd0e6; --on-accent: #06202a; --good: #86dcae; --good-wash: #14342a;
    --bad: #ffaaa2; --bad-wash: #431c1d; --wait: #f0cf82; --wait-wash: #3a2f14;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere;
}
.skip { position: absolute; left: -100vw; padding: .75rem 1rem; background: var(--card); color: var(--accent); }
.skip:focus { left: .5rem; top: .5rem; z-index: 1; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.bar { background: var(--card); border-bottom: 1px solid var(--line); }
.bar, main, .foot { padding-inline: max(1rem, (100vw - var(--width)) / 2); }
.bar { padding-block: .6rem; display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
.bar > :first-child { margin-inline-end: auto; font-weight: 650; }
.bar p, .bar form { margin: 0; }
main { padding-block: 1.5rem 2.5rem; }
.narrow { --width: 42rem; }
.wide { --width: 64rem; }
.foot { padding-block: 1rem 2rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .9rem; }
h1 { margin: 0 0 .75rem; font-size: 1.7rem; line-height: 1.2; }
h2 { margin: 0 0 .6rem; font-size: 1.2rem; line-height: 1.3; }
h3 { margin: 1.1rem 0 .3rem; font-size: 1rem; }
p { margin: 0 0 .75rem; }
a { color: var(--accent); text-underline-offset: .15em; }
.quiet { color: var(--quiet); }
.small { font-size: .9rem; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: 1rem 1.1rem 1.1rem; margin-block: 1rem;
}
.card > :last-child, .notice > :last-child, .card li:last-child > :last-child { margin-bottom: 0; }
.notice { border-inline-start: .35rem solid; border-radius: .3rem; padding: .75rem 1rem; margin-block: 1rem; }
.notice.good { background: var(--good-wash); border-color: var(--good); }
.notice.bad { background: var(--bad-wash); border-color: var(--bad); }
.notice.wait { background: var(--wait-wash); border-color: var(--wait); }
.notice ul { margin: .25rem 0 0; padding-inline-start: 1.2rem; }
.badge {
  display: inline-block; padding: .05rem .55rem; border-radius: 1rem; border: 1px solid;
  font-size: .85rem; font-weight: 600; white-space: nowrap; vertical-align: .1em;
}
.badge.good { color: var(--good); background: var(--good-wash); }
.badge.bad { color: var(--bad); background: var(--bad-wash); }
.badge.wait { color: var(--wait); background: var(--wait-wash); }
.badge.plain { color: var(--quiet); }
ul.plain, ol.plain { list-style: none; margin: 0; padding: 0; }
label, legend { font-weight: 600; }
.field { margin-block: .75rem; }
.field > label { display: block; margin-bottom: .25rem; }
.hint { display: block; color: var(--quiet); font-weight: 400; font-size: .9rem; }
input:not([type=checkbox], [type=file]), select, textarea {
  width: 100%; padding: .55rem .65rem; font: inherit; color: inherit; background: var(--paper);
  border: 1px solid var(--quiet); border-radius: .4rem; min-height: 2.75rem;
}
input[type=file] { max-width: 100%; min-height: 2.75rem; padding-block: .5rem; font: inherit; color: inherit; }
textarea { min-height: 5rem; resize: vertical; }
fieldset { margin: .75rem 0; padding: .25rem .9rem .6rem; border: 1px solid var(--line); border-radius: .4rem; }
.choice { display: flex; gap: .6rem; align-items: center; min-height: 2.5rem; font-weight: 400; }
.choice input { width: 1.2rem; height: 1.2rem; flex: none; margin: 0; accent-color: var(--accent); }
button, .button {
  display: inline-block; min-height: 2.75rem; padding: .55rem 1.1rem; font: inherit; font-weight: 600;
  border-radius: .4rem; border: 1px solid var(--accent); background: transparent; color: var(--accent); cursor: pointer;
}
.button { text-decoration: none; }
time { white-space: nowrap; }
button.main { background: var(--accent); color: var(--on-accent); }
button.bad { border-color: var(--bad); color: var(--bad); }
.row { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; }
.row form, .row p { margin: 0; }
img { max-width: 100%; height: auto; border-radius: .4rem; border: 1px solid var(--line); background: var(--paper); }
.preview { display: block; width: auto; max-height: 12rem; margin-block: .5rem; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); gap: 1rem; }
figure { margin: 0; }
figcaption { margin-top: .35rem; }
dl.facts { display: grid; grid-template-columns: minmax(0, 1fr); gap: .1rem 1.2rem; margin: 0; }
dl.facts dt { color: var(--quiet); font-size: .9rem; }
dl.facts dd { margin: 0 0 .5rem; min-width: 0; }
.case { display: grid; gap: .2rem .9rem; padding: .8rem 1rem; }
.case p { margin: 0; }
.halves { display: grid; gap: 0 1rem; align-items: start; }
@media (min-width: 48rem) {
  dl.facts { grid-template-columns: fit-content(45%) minmax(0, 1fr); }
  dl.facts dd { margin-bottom: .15rem; }
  .case { grid-template-columns: minmax(0, 1fr) auto; align-items: center; }
  .case > :last-child { text-align: end; }
  .halves { grid-template: auto 1fr / minmax(0, 3fr) minmax(0, 2fr); }
  .side { grid-area: 1 / 2 / span 2; }
}
`;
