// Reads jobs as JSON, verifies each token and signs its claims anew, both with npm `jose`.
import { readFileSync } from "node:fs";
import { SignJWT, importJWK, importPKCS8, jwtVerify } from "jose";

async function answer(job) {
  const verificationKey = await importJWK(job.jwk, job.alg);
  const signingKey = job.pem ? await importPKCS8(job.pem, job.alg) : verificationKey;
  const currentDate = new Date(job.claims.iat * 1000);
  const { payload } = await jwtVerify(job.token, verificationKey, { algorithms: [job.alg], currentDate });
  const token = await new SignJWT(job.claims)
    .setProtectedHeader({ alg: job.alg, typ: "at+jwt", kid: job.alg })
    .sign(signingKey);
  return { claims: payload, token };
}

const jobs = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(await Promise.all(jobs.map(answer))));
