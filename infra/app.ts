import { App } from "aws-cdk-lib";
import { parseStage } from "./config.ts";
import { stageStacks } from "./stacks/stage-stacks.ts";

const app = new App();
const stage = parseStage(app.node.tryGetContext("stage") ?? "local", app.node.tryGetContext("stages"));
stageStacks(app, stage);
app.synth();
