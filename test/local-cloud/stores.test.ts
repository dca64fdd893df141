import { dynamoTable } from "../../shared/store/table.ts";
import { s3Vault } from "../../shared/store/vault.ts";
import { tableConformance, vaultConformance } from "../shared/store/store-conformance.ts";
import { clients, endpoints } from "./cloud.ts";

tableConformance(() => dynamoTable(clients.dynamodb, endpoints.profileTable));
vaultConformance(() => s3Vault(clients.s3, endpoints.vaultBucket));
