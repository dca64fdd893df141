import type { APIGatewayProxyEventV2 } from "aws-lambda";

/** Whether a caller takes an answer that is compressed with gzip. */
export const takesGzip = ({ headers }: Pick<APIGatewayProxyEventV2, "headers">): boolean =>
  (headers?.["accept-encoding"] ?? "")
    .split(",")
    .some((coding) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$)|$)/i.test(coding));
