from authx import AuthX
auth = AuthX()
# Create an access token
access_token = auth.create_access_token(uid="user123")
# Create a refresh token
refresh_token = auth.create_refresh_token(uid="user123")
# Create a fresh token for sensitive operations
fresh_token = auth.create_access_token(
    uid="user123",
    fresh=True
)
