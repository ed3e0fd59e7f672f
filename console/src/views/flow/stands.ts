/** How each service stands, by its own account. */
import { type ApiError, asApiError } from "../../api/errors.ts";
import { operations, type Service } from "../../api/leadwire.ts";
import type { ServiceStatus } from "../../api/types.ts";

/** How a service stands, or why that is not known. */
export interface Stand {
  service: Service;
  status: ServiceStatus | null;
  error: ApiError | null;
}

export async function standOf(service: Service): Promise<Stand> {
  try {
    return { service, status: await operations.status(service), error: null };
  } catch (error) {
    // One service that is away says nothing about the others.
    return { service, status: null, error: asApiError(error) };
  }
}

/** Services that did not say how they stand. */
export const silent = (stands: readonly Stand[]) =>
  stands.filter(({ status }) => status === null).map(({ service }) => service);

/** How many events the service has set aside. */
export const parkedOf = (status: ServiceStatus) =>
  status.subscriptions.reduce((sum, each) => sum + each.parked, status.outbox.parked);

/** In the place of a number that is not known. */
export const UNKNOWN = "–";
