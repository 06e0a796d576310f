from fastapi import FastAPI
from authx import AuthX
app = FastAPI()
auth = AuthX()
# Add middleware for implicit refresh
app.middleware("http")(auth.implicit_refresh_middleware)
