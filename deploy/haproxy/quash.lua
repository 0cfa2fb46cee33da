-- Asks quash whether a request may pass; anything but a clear yes ends the request here.
--
-- Takes the URL to ask at from the variable QUASH_CHECK: `setenv` in front of `lua-load`.

local url = assert(os.getenv("QUASH_CHECK"), "QUASH_CHECK is not set")

-- How long quash may take for an answer, in milliseconds. HAProxy 2.6 asks four times before it gives up.
local patience = 500

-- Who asks: each of these is in every 200.
local identity = { "x-auth-issuer", "x-auth-subject", "x-auth-session", "x-auth-scope", "x-auth-roles" }

-- What a refusal tells the client.
local told = { "www-authenticate", "retry-after", "content-type", "cache-control" }

-- All values of one header, from 1 on; HAProxy counts them from 0.
local function values(headers, name)
  local found = {}
  for number, value in pairs(headers[name] or {}) do
    found[number + 1] = value
  end
  return found
end

local function refuse(txn, status, headers, body)
  local reply = txn:reply({ status = status })
  for name, value in pairs(headers) do
    reply:add_header(name, value)
  end
  reply:set_body(body)
  txn:done(reply)
end

core.register_action("quash_check", { "http-req" }, function(txn)
  local authorization = values(txn.http:req_get_headers(), "authorization")
  local asked, answer = pcall(function()
    return core.httpclient():get({
      url = url,
      headers = { authorization = authorization },
      timeout = patience,
    })
  end)
  local status = asked and answer and answer.status or 0

  -- A yes of quash names the issuer; somebody else's yes is none.
  if status == 200 and values(answer.headers, "x-auth-issuer")[1] then
    for _, name in ipairs(identity) do
      txn.http:req_set_header(name, values(answer.headers, name)[1] or "")
    end
  elseif status == 401 or status == 403 then
    local headers = {}
    for _, name in ipairs(told) do
      headers[name] = values(answer.headers, name)[1]
    end
    refuse(txn, status, headers, answer.body or "")
  else
    refuse(txn, 503, { ["retry-after"] = "1" }, "")
  end
end)
