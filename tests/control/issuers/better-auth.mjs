// A Better Auth server, and tokens of two people who signed up at it. Prints one line of JSON.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { jwt } from "better-auth/plugins";

const log = console.info;
for (const name of ["info", "log", "warn"]) console[name] = () => {};

const server = createServer();
server.listen(0, "127.0.0.1", async () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const tables = { user: [], session: [], account: [], verification: [], jwks: [] };
  const auth = betterAuth({
    baseURL: issuer,
    secret: "a-secret-of-a-server-in-a-test-0123456789",
    database: memoryAdapter(tables),
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    plugins: [jwt()],
  });
  server.on("request", toNodeHandler(auth));
  const tokens = {};
  for (const name of ["ann", "bob"]) {
    const headers = { "content-type": "application/json", origin: issuer };
    const body = JSON.stringify({ name, email: `${name}@wb.example`, password: `password-of-${name}` });
    const signed = await fetch(`${issuer}/api/auth/sign-up/email`, { method: "POST", headers, body });
    const cookie = signed.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
    tokens[name] = (await (await fetch(`${issuer}/api/auth/token`, { headers: { cookie } })).json()).token;
  }
  log(JSON.stringify({ issuer, tokens }));
});
