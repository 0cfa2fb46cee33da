// The check as it is usually done in Node: express, jsonwebtoken, and one EXISTS at Redis for every request.
// node server.js PORT REDIS_PORT SECRET ISSUER AUDIENCE; the secret is in base64url.
"use strict";

const express = require("express");
const jwt = require("jsonwebtoken");
const { createClient } = require("redis");

const [port, redisPort, secretText, issuer, audience] = process.argv.slice(2);
const secret = Buffer.from(secretText, "base64url");
const redis = createClient({ url: `redis://127.0.0.1:${redisPort}` });

const app = express();
app.disable("x-powered-by");

app.all("/auth/check", async (request, response) => {
  const header = request.headers.authorization ?? "";
  if (!header.startsWith("Bearer ")) {
    return response.status(401).end();
  }
  let claims;
  try {
    claims = jwt.verify(header.slice("Bearer ".length), secret, { algorithms: ["HS256"], issuer, audience });
  } catch {
    return response.status(401).end();
  }
  if (await redis.exists(`revoked:${claims.jti}`)) {
    return response.status(401).end();
  }
  response.set({
    "X-Auth-Subject": claims.sub,
    "X-Auth-Session": claims.sid,
    "X-Auth-Scope": claims.scope,
    "X-Auth-Roles": claims.roles.join(","),
  });
  return response.status(200).end();
});

redis.connect().then(() => {
  const server = app.listen(Number(port), "127.0.0.1");
  // The others have their turns meanwhile.
  server.keepAliveTimeout = 300_000;
});
