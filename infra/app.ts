import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { writeSourceMaps } from "./bundle.ts";
import { parseStage } from "./config.ts";
import { stageStacks } from "./stacks/stage-stacks.ts";

const app = new App();
const stage = parseStage(app.node.tryGetContext("stage") ?? "local", app.node.tryGetContext("stages"));
stageStacks(app, stage);
app.synth();
// Beside the assets, and no part of any.
writeSourceMaps(join(app.outdir, "source-maps"));
