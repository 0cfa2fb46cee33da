"""Reads jobs as JSON, verifies each token and signs its claims anew, both with PyJWT."""
import base64
import json
import sys

import jwt


def signing_key(job):
    if "pem" in job:
        return job["pem"]
    text = job["jwk"]["k"]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verification_key(job):
    return jwt.PyJWK(job["jwk"], algorithm=job["alg"]).key if "pem" in job else signing_key(job)


def answer(job):
    options = {"verify_exp": False, "verify_aud": False, "verify_iat": False}
    claims = jwt.decode(job["token"], verification_key(job), algorithms=[job["alg"]], options=options)
    headers = {"typ": "at+jwt", "kid": job["alg"]}
    token = jwt.encode(job["claims"], signing_key(job), algorithm=job["alg"], headers=headers)
    return {"claims": claims, "token": token}


json.dump([answer(job) for job in json.load(sys.stdin)], sys.stdout)
