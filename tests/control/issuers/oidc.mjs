// A certified OpenID Connect provider, and a token that a client got from it. Prints one line of JSON.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const log = console.info;
for (const name of ["info", "warn"]) console[name] = () => {};

const key = { ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }), kid: "k1", use: "sig", alg: "ES256" };
const rsa = { ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }), kid: "k2", use: "sig", alg: "RS256" };
const secret = "a-secret-of-a-client-in-a-test";
const audience = "https://wb.example";
const server = createServer();
server.listen(0, "127.0.0.1", async () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const client = { client_id: "robot", client_secret: secret, grant_types: ["client_credentials"], redirect_uris: [], response_types: [] };
  const info = (alg) => ({ scope: "wb:read wb:write", audience, accessTokenTTL: 300, accessTokenFormat: "jwt", jwt: { sign: { alg } } });
  const provider = new Provider(issuer, {
    clients: [client],
    jwks: { keys: [key, rsa] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: (_, resource) => info(resource.endsWith("/rsa") ? "RS256" : "ES256"),
      },
    },
  });
  server.on("request", provider.callback());
  const token = async (resource, scope) => {
    const body = new URLSearchParams({ grant_type: "client_credentials", resource, scope });
    const headers = { authorization: `Basic ${btoa(`robot:${secret}`)}` };
    const answer = await fetch(`${issuer}/token`, { method: "POST", headers, body });
    return (await answer.json()).access_token;
  };
  const tokens = { read: await token(audience, "wb:read"), write: await token(`${audience}/rsa`, "wb:read wb:write") };
  log(JSON.stringify({ issuer, audience, tokens }));
});
