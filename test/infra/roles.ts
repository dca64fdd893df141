import type { Template } from "aws-cdk-lib/assertions";

/** What every role of a stage may do: stack → function, or role without one → action → resources, in readable words. */
export type Roles = Record<string, Record<string, Record<string, string>>>;

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
}
interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}
interface CloudFormation {
  Resources: Record<string, Resource>;
  Outputs?: Record<string, { Value: unknown; Export?: { Name: string } }>;
}

/** Ids of constructs without the hash that CloudFormation needs, and without the word that says what it is. */
const wordOf = (id: string, what: RegExp): string => id.replace(/[0-9A-F]{8}$/, "").replace(what, "");

/** Reads the roles of a stage from its templates, by the last part of their stacks' names. */
export function readRoles(templates: Record<string, Template>): Roles {
  const stacks = Object.entries(templates).map(([name, template]): [string, CloudFormation] => [
    name,
    template.toJSON() as CloudFormation,
  ]);
  const exported = new Map(
    stacks.flatMap(([, stack]) =>
      Object.values(stack.Outputs ?? {}).flatMap(({ Value, Export }) =>
        Export ? [[Export.Name, inWords(Value, stack, imported)] as const] : [],
      ),
    ),
  );
  function imported(name: string): string {
    const words = exported.get(name);
    if (words === undefined) throw new Error(`nothing exports ${name}`);
    return words;
  }
  return Object.fromEntries(stacks.map(([name, stack]) => [name, rolesOf(stack, imported)]));
}

function rolesOf(stack: CloudFormation, imported: (name: string) => string): Roles[string] {
  const ofType = (type: string) => Object.entries(stack.Resources).filter(([, { Type }]) => Type === type);
  const roles: Roles[string] = {};
  for (const [id, { Properties }] of ofType("AWS::IAM::Role")) {
    if (Properties["ManagedPolicyArns"] || Properties["Policies"])
      throw new Error(`${id} has policies that this reader does not read`);
    const owner = ofType("AWS::Lambda::Function").find(
      ([, made]) => referenceIn(made.Properties["Role"]) === id,
    );
    const name = owner ? wordOf(owner[0], /Function$/) : `${wordOf(id, /Role$/)} (no function)`;
    if (name in roles) throw new Error(`two roles ${name}`);
    const trust = Properties["AssumeRolePolicyDocument"] as { Statement: { Principal: object }[] };
    const allowed = ofType("AWS::IAM::Policy")
      .filter(([, policy]) => (policy.Properties["Roles"] as unknown[]).some((to) => referenceIn(to) === id))
      .flatMap(([, policy]) => statementsIn(policy.Properties["PolicyDocument"]))
      .flatMap((statement) => allowedBy(statement, (value) => inWords(value, stack, imported, owner?.[1])));
    const byAction = Map.groupBy(allowed, ([action]) => action);
    roles[name] = {
      "may be assumed by": trust.Statement.flatMap(({ Principal }) => Object.values(Principal)).join(", "),
      ...Object.fromEntries(
        [...byAction.keys()]
          .sort()
          .map((action) => [
            action,
            [...new Set(byAction.get(action)?.map(([, resource]) => resource))].sort().join(", "),
          ]),
      ),
    };
  }
  return roles;
}

const statementsIn = (document: unknown): Statement[] => (document as { Statement: Statement[] }).Statement;

function allowedBy(
  { Effect, Action, Resource, Condition, ...more }: Statement,
  words: (value: unknown) => string,
): [action: string, resource: string][] {
  if (Effect !== "Allow" || Object.keys(more).some((key) => key !== "Sid"))
    throw new Error("a statement says something that this reader does not read");
  const onlyIf = Object.values(Condition ?? {})
    .flatMap((conditions) => Object.entries(conditions))
    .map(([key, value]) => (key === "kms:ViaService" ? `via ${serviceOf(words(value))}` : key))
    .join(" and ");
  return [Action].flat().flatMap((action) =>
    [Resource].flat().map((resource): [string, string] => {
      return [action, words(resource) + (onlyIf && ` (${onlyIf})`)];
    }),
  );
}

const serviceOf = (host: string): string => host.split(".")[0] ?? "";

/** The id that a reference within a stack refers to. */
function referenceIn(value: unknown): string | undefined {
  const { Ref, "Fn::GetAtt": attribute } = value as { Ref?: string; "Fn::GetAtt"?: [string, string] };
  return Ref ?? attribute?.[0];
}

/** A value of a template as somebody would say it; `owner` is the function whose role it is about. */
function inWords(
  value: unknown,
  stack: CloudFormation,
  imported: (name: string) => string,
  owner?: Resource,
): string {
  const words = (part: unknown): string => {
    if (typeof part === "string") return part;
    const {
      "Fn::Join": join,
      "Fn::ImportValue": name,
      "Fn::GetAtt": attribute,
      Ref: ref,
    } = part as {
      "Fn::Join"?: [string, unknown[]];
      "Fn::ImportValue"?: string;
      "Fn::GetAtt"?: [string, string];
      Ref?: string;
    };
    if (join) return join[1].map(words).join(join[0]);
    if (name) return imported(name);
    if (ref?.startsWith("AWS::")) return "";
    const id = attribute?.[0] ?? ref ?? "";
    const made = stack.Resources[id];
    if (!made) throw new Error(`${id} is in no stack`);
    const own = referenceIn(
      (owner?.Properties["LoggingConfig"] as { LogGroup: unknown } | undefined)?.LogGroup ?? {},
    );
    return id === own ? "own log" : nameOf(id, made.Type) + (attribute?.[1] === "StreamArn" ? "/stream" : "");
  };
  return words(value)
    .replace(/^arn:.*:stateMachine:.*$/, "state machine")
    .replace(/^arn:.*:execution:[^:]*:\*$/, "executions/*");
}

function nameOf(id: string, type: string): string {
  const named = (what: string, suffix: RegExp) => {
    const name = wordOf(id, suffix);
    return name === "" ? what : `${what}:${name}`;
  };
  switch (type) {
    case "AWS::DynamoDB::Table":
      return "table";
    case "AWS::S3::Bucket":
      return "vault";
    case "AWS::Events::EventBus":
      return "bus";
    case "AWS::KMS::Key":
      return named("key", /Key$/);
    case "AWS::SecretsManager::Secret":
      return named("secret", /Secret$/);
    case "AWS::SQS::Queue":
      return named("queue", /Queue$/);
    case "AWS::Lambda::Function":
      return named("function", /Function$/);
    default:
      return named(type, /$/);
  }
}
