/**
 * Takes the place of `@smithy/core/event-streams` in every bundle. Of what we use only S3 has an operation that
 * answers with a stream of events, and we do not call it. With the real module, whose users load it lazily,
 * a bundler keeps most of the SDK's core.
 */
export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;

export const eventStreamSerdeProvider = (): undefined => undefined;

export class EventStreamSerde {
  constructor() {
    throw new Error("event streams are left out of the bundles: see infra/no-event-streams.ts");
  }
}
