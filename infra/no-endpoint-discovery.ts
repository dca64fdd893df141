/**
 * Takes the place of `@aws-sdk/middleware-endpoint-discovery` in every bundle. DynamoDB's client brings it for an
 * operation of old that none of ours is, with a cache of endpoints that a bundler keeps.
 */
export const resolveEndpointDiscoveryConfig = <Config>(config: Config): Config => config;

export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => false,
  default: false,
};
