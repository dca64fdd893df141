import { RemovalPolicy } from "aws-cdk-lib";
import type { Stage } from "../config.ts";

/**
 * What holds data outlives its stack where the stage says so. Not what a first deployment made before it was rolled back:
 * that holds none yet, and what has a fixed name would be in the next one's way.
 */
export const dataPolicy = ({ retainData }: Pick<Stage, "retainData">): RemovalPolicy =>
  retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
