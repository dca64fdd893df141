import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { EventDetail, EventType } from "./published.ts";

/** The source of all that we publish. */
export const eventSource = "onboarding";

/** Puts one event on our bus. Throws when the bus did not take it. */
export type Publish = <Type extends EventType>(type: Type, detail: EventDetail<Type>) => Promise<void>;

export const publishOn =
  (client: EventBridgeClient, EventBusName: string): Publish =>
  async (type, detail) => {
    const { FailedEntryCount } = await client.send(
      new PutEventsCommand({
        Entries: [{ EventBusName, Source: eventSource, DetailType: type, Detail: JSON.stringify(detail) }],
      }),
    );
    if (FailedEntryCount) throw new Error("the event bus did not take an event");
  };
