import { writeFileSync } from "node:fs";
import { parse, type Spec, View } from "vega";

/** Draws a chart as SVG. */
export async function draw(spec: Spec, file: string): Promise<void> {
  const view = new View(parse(spec), { renderer: "none" });
  writeFileSync(file, `${await view.toSVG()}\n`);
  view.finalize();
}

const plain = {
  $schema: "https://vega.github.io/schema/vega/v6.json",
  padding: 8,
  background: "white",
} as const;

/** US dollars for a million onboardings by what they are for, one bar a design. */
export const costChart = (rows: readonly { design: string; for: string; dollars: number }[]): Spec => ({
  ...plain,
  width: 560,
  height: 150,
  title: { text: "US dollars for a million onboardings", anchor: "start" },
  data: [
    {
      name: "costs",
      values: [...rows],
      transform: [{ type: "stack", groupby: ["design"], field: "dollars", sort: { field: "for" } }],
    },
  ],
  scales: [
    { name: "x", type: "linear", domain: { data: "costs", field: "y1" }, range: "width", nice: true },
    { name: "y", type: "band", domain: { data: "costs", field: "design" }, range: "height", padding: 0.25 },
    {
      name: "colour",
      type: "ordinal",
      domain: { data: "costs", field: "for" },
      range: { scheme: "tableau10" },
    },
  ],
  axes: [
    { orient: "bottom", scale: "x", format: ",.0f", grid: true },
    { orient: "left", scale: "y" },
  ],
  legends: [{ fill: "colour" }],
  marks: [
    {
      type: "rect",
      from: { data: "costs" },
      encode: {
        enter: {
          x: { scale: "x", field: "y0" },
          x2: { scale: "x", field: "y1" },
          y: { scale: "y", field: "design" },
          height: { scale: "y", band: 1 },
          fill: { scale: "colour", field: "for" },
        },
      },
    },
  ],
});

/** Rates over how many onboardings wait. */
export const scalingChart = (rows: readonly { waiting: number; rate: number; what: string }[]): Spec => ({
  ...plain,
  width: 560,
  height: 220,
  title: { text: "A second, on the local cloud, while so many onboardings wait", anchor: "start" },
  data: [{ name: "rates", values: [...rows] }],
  scales: [
    { name: "x", type: "log", domain: { data: "rates", field: "waiting" }, range: "width" },
    { name: "y", type: "log", domain: { data: "rates", field: "rate" }, range: "height", nice: true },
    {
      name: "colour",
      type: "ordinal",
      domain: { data: "rates", field: "what" },
      range: { scheme: "tableau10" },
    },
  ],
  axes: [
    {
      orient: "bottom",
      scale: "x",
      values: [...new Set(rows.map(({ waiting }) => waiting))],
      format: ",.0f",
    },
    { orient: "left", scale: "y", format: "~g", grid: true },
  ],
  legends: [{ stroke: "colour" }],
  marks: [
    {
      type: "group",
      from: { facet: { name: "line", data: "rates", groupby: "what" } },
      marks: [
        {
          type: "line",
          from: { data: "line" },
          encode: {
            enter: {
              x: { scale: "x", field: "waiting" },
              y: { scale: "y", field: "rate" },
              stroke: { scale: "colour", field: "what" },
              strokeWidth: { value: 2 },
            },
          },
        },
        {
          type: "symbol",
          from: { data: "line" },
          encode: {
            enter: {
              x: { scale: "x", field: "waiting" },
              y: { scale: "y", field: "rate" },
              fill: { scale: "colour", field: "what" },
            },
          },
        },
      ],
    },
  ],
});
