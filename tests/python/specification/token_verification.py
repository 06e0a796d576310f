from authx.schema import RequestToken
# Manual token verification
request_token = await auth.get_access_token_from_request(request)
payload = auth.verify_token(
    request_token,
    verify_type=True,
    verify_fresh=False,
    verify_csrf=True
)
