/** What stands between a command and AWS, and what to do about it. */
export interface AwsFailure {
  says: string;
  fix: string;
}

/** What of an error says what happened: the SDK has names for AWS's refusals, Node a code for what never got there. */
interface Thrown {
  name: string;
  message: string;
  code: string;
  /** Where nothing answered. */
  where: string;
  /** A client of the SDK asked, and no service answered. */
  unanswered: boolean;
}

const logIn = "log in again (`aws sso login`), or take new ones from where you have them";
const region = "set AWS_REGION, or `region` of the profile or of the stage in cdk.json";

/** Each kind of failure by how the SDK has it; the first that fits is it. */
const kinds: readonly { is: (thrown: Thrown) => boolean; tell: (thrown: Thrown) => AwsFailure }[] = [
  {
    is: ({ message }) => message === "Region is missing",
    tell: () => ({ says: "no AWS region is set", fix: region }),
  },
  {
    is: ({ message }) => message.startsWith("Region not accepted"),
    tell: () => ({ says: "the AWS region that is set is not one", fix: region }),
  },
  {
    is: ({ name, message }) => isProvider(name) && /multi-factor/i.test(message),
    tell: () => ({
      says: "the AWS profile asks for a second factor (MFA), which is not asked for here",
      fix: '`eval "$(aws configure export-credentials --format env)"` first',
    }),
  },
  {
    is: ({ name, message }) => isProvider(name) && /\b(sso|login|session|token)\b/i.test(message),
    tell: ({ message }) => ({
      says: "nobody is logged in to the AWS profile, or no longer",
      fix: /\blogin\b/i.test(message) && !/\bsso\b/i.test(message) ? "`aws login`" : "`aws sso login`",
    }),
  },
  {
    is: ({ name }) => isProvider(name),
    tell: () => ({
      says: "no AWS credentials were found",
      fix: "set AWS_PROFILE to one of `aws configure list-profiles`, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    }),
  },
  {
    is: ({ name }) => /^ExpiredToken/.test(name),
    tell: ({ name }) => ({ says: `the AWS credentials have expired (${name})`, fix: logIn }),
  },
  {
    is: ({ name }) =>
      /^(InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|InvalidToken|MissingAuthenticationToken|AuthFailure)/.test(
        name,
      ),
    tell: ({ name }) => ({
      says: `AWS does not know these credentials (${name})`,
      fix: "check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN, and whether the account has this region",
    }),
  },
  {
    is: ({ name }) =>
      /^(SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|RequestExpired|RequestTimeTooSkewed)/.test(
        name,
      ),
    tell: ({ name }) => ({
      says: `AWS does not accept the signature of the request (${name})`,
      fix: "check AWS_SECRET_ACCESS_KEY, and this machine's clock",
    }),
  },
  {
    is: ({ name }) => /AccessDenied|UnauthorizedOperation|AuthorizationError/.test(name),
    tell: ({ name, message }) => {
      const action = /\bperform: ([\w-]+:\w+)/.exec(message)?.[1];
      return {
        says: `these AWS credentials lack ${action ? `the right ${action}` : `a right (${name})`}`,
        fix: "ask whoever administers the account for it (docs/operate.md, Rights)",
      };
    },
  },
  {
    is: ({ name }) => /^(ResourceNotFound|NoSuch)|DoesNotExist|NonExistentQueue/.test(name),
    tell: ({ name }) => ({
      says: `something of the stage is not there (${name})`,
      fix: "`npm run doctor -- --stage NAME` says what",
    }),
  },
  {
    is: ({ unanswered, code, where }) => unanswered && code !== "" && isHere(where),
    tell: ({ code, where }) => ({
      says: `nothing answers at ${where} (${code})`,
      fix: "start the local cloud with `npm run up`, or set AWS_ENDPOINT_URL right",
    }),
  },
  {
    is: ({ unanswered, code, name }) => unanswered && (code !== "" || name === "TimeoutError"),
    tell: ({ code, name, where }) => ({
      says: `AWS cannot be reached (${[code || name, where].filter(Boolean).join(" ")})`,
      fix: "check the network, AWS_REGION and AWS_ENDPOINT_URL",
    }),
  },
];

const isProvider = (name: string): boolean => /ProviderError$/.test(name);
const isHere = (where: string): boolean => /^(127\.|::1|localhost)/.test(where);

/** What kept AWS from doing what it was asked, where it was the way there or the right to ask; otherwise `null`. */
export function awsFailure(error: unknown): AwsFailure | null {
  if (!(error instanceof Error)) return null;
  const { name, message } = error;
  const { code, hostname, address, port, $metadata, $fault } = error as Error & Record<string, unknown>;
  const thrown: Thrown = {
    name,
    message,
    code: typeof code === "string" ? code : "",
    where: [hostname ?? address, port].filter(Boolean).join(":"),
    unanswered: $metadata !== undefined && $fault === undefined,
  };
  return kinds.find(({ is }) => is(thrown))?.tell(thrown) ?? null;
}
