-- Forward auth for HAProxy 2.5 and newer with its own httpclient, for the tests of rules: what vestibule allows goes on, all else is its answer.
local ASK = { "cookie", "authorization", "accept", "user-agent", "sec-fetch-mode", "sec-fetch-dest" }
core.register_action("vestibule", { "http-req" }, function(txn, url)
  local sent = txn.http:req_get_headers()
  local ask = {}
  for _, name in ipairs(ASK) do
    if sent[name] then ask[name] = { sent[name][0] } end
  end
  ask["x-forwarded-method"] = { txn.f:method() }
  ask["x-forwarded-proto"] = { "http" }
  ask["x-forwarded-host"] = { sent["host"] and sent["host"][0] or "" }
  ask["x-forwarded-uri"] = { txn.f:pathq() }
  ask["x-forwarded-for"] = { txn.f:src() }
  local ok, answer = pcall(function()
    return core.httpclient():get{ url = url, headers = ask, timeout = 5000 }
  end)
  if not ok or not answer or not answer.status or answer.status == 0 then
    txn:done(txn:reply{ status = 503 })
    return
  end
  if answer.status == 200 then
    -- Each on every answer, so that none of the client's own is left.
    for name, values in pairs(answer.headers) do
      if name:sub(1, 2) == "x-" then txn.http:req_set_header(name, values[0]) end
    end
    return
  end
  local reply = txn:reply{ status = answer.status }
  for _, name in ipairs({ "location", "vestibule-refusal", "content-type" }) do
    if answer.headers[name] then reply:add_header(name, answer.headers[name][0]) end
  end
  if answer.body then reply:set_body(answer.body) end
  txn:done(reply)
end, 1)
