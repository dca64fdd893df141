/**
 * Everything the gateway client throws (contract §1.4). `status` is the HTTP status, or `null` when there was
 * no whole answer. `body` is the parsed JSON answer for a caller that hands it on. What the gateway said stays
 * behind getters: messages, loggers and `JSON.stringify` see the class and the status, nothing of the customer.
 */
export abstract class GatewayError extends Error {
  abstract override readonly name: string;
  readonly status: number | null;
  readonly #body: unknown;

  constructor(message: string, status: number | null, body: unknown = null) {
    super(message);
    this.status = status;
    this.#body = body;
  }

  get body(): unknown {
    return this.#body;
  }
}

/** 401 or 403: our credentials at the gateway are wrong. Never retried; an alarm counts it. */
export class AuthError extends GatewayError {
  override readonly name = "AuthError";
}

/** 400, or an answer that a correct request does not get: a redirect, 405 without `NOT_ALLOWED`, 413, … */
export class BadRequest extends GatewayError {
  override readonly name = "BadRequest";
}

/** 404, whichever body came with it. */
export class NotFound extends GatewayError {
  override readonly name = "NotFound";
}

/** 405 `NOT_ALLOWED`: the profile's state forbids it. Read the status again. */
export class StateConflict extends GatewayError {
  override readonly name = "StateConflict";
}

/**
 * A token that we cannot or must not read (contract §9). One error, one text and no cause, whatever was wrong
 * with it.
 */
export class DecryptionFailed extends GatewayError {
  override readonly name = "DecryptionFailed";

  constructor() {
    super("the token cannot be decrypted", null);
  }
}

/** Setup has given this account no key to encrypt with: nothing is sent, in clear least of all. */
export class NoContentKey extends Error {
  override readonly name = "NoContentKey";
}

/** 422 other than an idempotent replay. `reason` is the gateway's constant or sentence. */
export class Unprocessable extends GatewayError {
  override readonly name = "Unprocessable";
  readonly #reason: string;

  constructor(reason: string, body: unknown) {
    super("the gateway refused the request", 422, body);
    this.#reason = reason;
  }

  get reason(): string {
    return this.#reason;
  }
}

/** 408, 429, 5xx, a timeout or a broken connection: the effect is unknown, trying again may help. */
export class Transient extends GatewayError {
  override readonly name: "Transient" | "UnreadableAnswer" = "Transient";
  /** What `Retry-After` asked for, in milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    status: number | null,
    body: unknown = null,
    retryAfterMs: number | null = null,
  ) {
    super(message, status, body);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * An answer that is no gateway's: HTML, truncated or ill-shaped JSON, or endless. A `Transient` to the code; a
 * retrier that goes by name lists both names.
 */
export class UnreadableAnswer extends Transient {
  override readonly name = "UnreadableAnswer";
}
